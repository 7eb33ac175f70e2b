package flashsale.order;

import static flashsale.shop.Crowd.newKey;
import static flashsale.shop.Crowd.tap;
import static org.assertj.core.api.Assertions.assertThat;

import flashsale.order.CommitResult.Committed;
import flashsale.order.CommitResult.Duplicate;
import flashsale.order.CommitResult.OverLimit;
import flashsale.order.CommitResult.Released;
import flashsale.purchase.PurchaseOutcome.Ordered;
import flashsale.purchase.Tap;
import flashsale.redis.SaleKeys;
import flashsale.shop.Crowd;
import flashsale.shop.Eventually;
import flashsale.shop.RowLock;
import flashsale.shop.Shop;
import flashsale.stock.Hold;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Holds of many buyers in one transaction; each gets a verdict of its own. */
class GroupCommitTest {

    private final Shop shop = Shop.shared();
    private final GroupCommit commits = shop.bean(GroupCommit.class);

    /** All in one transaction: a first one is stalled, and meanwhile the others gather. */
    private List<CommitResult> commitTogether(long sale, List<Hold> holds) {
        shop.leaveAlone(sale);
        Hold stalled = shop.hold(tap(sale, shop.buyer(), 1));
        List<CompletableFuture<CommitResult>> results = new ArrayList<>();
        try (var lock = RowLock.on(shop, sale)) {
            commits.commit(stalled).subscribe();
            lock.awaitQueue(1);
            holds.forEach(hold ->
                    results.add(commits.commit(hold).timeout(Shop.PATIENCE).toFuture()));
            lock.release();
        }
        return results.stream().map(CompletableFuture::join).toList();
    }

    private Ordered buy(Tap tap) {
        return (Ordered) Crowd.buy(shop, tap);
    }

    private void settled(long sale) {
        Eventually.holds(
                "orders are settled", () -> shop.redis().hlen(SaleKeys.of(sale).journal()) == 0);
    }

    @Test
    void inABatchOfAllKindsEachGetsItsOwnVerdictAndNobodyIsHarmed() {
        long sale = shop.open(100, 3);
        SaleKeys keys = SaleKeys.of(sale);
        long twice = shop.buyer();
        long greedy = shop.buyer();
        long forgotten = shop.buyer();
        long givenUp = shop.buyer();
        buy(tap(sale, greedy, 2));
        Tap known = tap(sale, forgotten, 1);
        Order standing = buy(known).order();
        settled(sale);
        shop.redis().hdel(keys.sale(), "b:" + greedy, "b:" + forgotten);
        shop.redis().del(keys.replays());
        shop.redis().hset(keys.replays(), "epoch", "1");

        Hold overLimit = shop.hold(tap(sale, greedy, 2));
        Hold duplicate = shop.hold(known);
        Hold buried = shop.hold(tap(sale, givenUp, 1));
        bury(buried);
        List<Hold> batch = new ArrayList<>(
                List.of(shop.hold(tap(sale, twice, 1)), overLimit, shop.hold(tap(sale, twice, 2)), duplicate, buried));
        shop.buyers(20).forEach(user -> batch.add(shop.hold(tap(sale, user, 1))));

        List<CommitResult> results = commitTogether(sale, batch);

        for (int i = 0; i < batch.size(); i++) {
            Hold hold = batch.get(i);
            if (hold == overLimit) {
                assertThat(results.get(i)).isEqualTo(new OverLimit());
            } else if (hold == duplicate) {
                assertThat(results.get(i)).isEqualTo(new Duplicate(standing, true));
            } else if (hold == buried) {
                assertThat(results.get(i)).isEqualTo(new Released("given-up"));
            } else {
                assertThat(results.get(i))
                        .as("hold %s", i)
                        .isInstanceOfSatisfying(
                                Committed.class,
                                committed -> assertThat(committed.order().id()).isEqualTo(hold.orderId()));
            }
        }
        assertThat(shop.redis().hget(keys.sale(), "b:" + greedy)).isEqualTo("2");
        assertThat(shop.books().sold(sale)).isEqualTo(2 + 1 + 3 + 20 + 1);
        shop.books().balance(sale);
    }

    private void bury(Hold hold) {
        shop.books()
                .execute(
                        "insert into hold_tombstone (order_id, hold_epoch, hold_seq, sale_id, user_id, quantity, reason)"
                                + " values (?, ?, ?, ?, ?, ?, 'given-up')",
                        hold.orderId(),
                        hold.epoch(),
                        hold.seq(),
                        hold.saleId(),
                        hold.userId(),
                        hold.quantity());
    }

    @Test
    void twoHoldsOfOnePurchaseInABatchBecomeOneOrder() {
        long sale = shop.open(100, 3);
        Tap tap = new Tap(shop.buyer(), sale, 1, newKey());
        Hold first = shop.hold(tap);
        shop.redis().hdel(SaleKeys.of(sale).journal(), first.orderId().toString());
        Hold second = shop.hold(tap);
        assertThat(second.mark()).isNotEqualTo(first.mark());

        List<CommitResult> results = commitTogether(sale, List.of(first, second));

        Order order = ((Committed) results.get(0)).order();
        assertThat(results.get(1)).isEqualTo(new Duplicate(order, true));
        assertThat(shop.books().number("select count(*) from orders where id = ?", first.orderId()))
                .isEqualTo(1);
    }

    @Test
    void theSameHoldCommittedManyTimesAtOnceIsOneOrderAndTheSameAnswer() {
        long sale = shop.open(100, 3);
        Hold hold = shop.hold(tap(sale, shop.buyer(), 1));
        List<CommitResult> results = commitTogether(sale, Collections.nCopies(20, hold));
        assertThat(results).hasSize(20).allMatch(result -> result.equals(results.getFirst()));
        assertThat(results.getFirst()).isInstanceOf(Committed.class);
        assertThat(commits.commit(hold).block(Shop.PATIENCE)).isEqualTo(results.getFirst());
        shop.books().balance(sale);
    }

    @Test
    void onBothNodesAtOnceAHoldIsOneOrder() {
        long sale = shop.open(100, 3);
        GroupCommit other = Shop.second().bean(GroupCommit.class);
        for (int round = 0; round < 20; round++) {
            Hold hold = shop.hold(tap(sale, shop.buyer(), 1));
            var here = commits.commit(hold).timeout(Shop.PATIENCE).toFuture();
            var there = other.commit(hold).timeout(Shop.PATIENCE).toFuture();
            assertThat(here.join()).isInstanceOf(Committed.class).isEqualTo(there.join());
        }
        assertThat(shop.books().sold(sale)).isEqualTo(20);
        shop.books().balance(sale);
    }

    @Test
    void anOrderOfAUserWhoDoesNotExistGivesItsUnitsBack() {
        long sale = shop.open(10, 3);
        Hold hold = shop.hold(tap(sale, 999_999_999, 1));
        List<Hold> batch = List.of(shop.hold(tap(sale, shop.buyer(), 1)), hold);
        assertThat(commitTogether(sale, batch))
                .satisfiesExactly(fine -> assertThat(fine).isInstanceOf(Committed.class), nobody -> assertThat(nobody)
                        .isEqualTo(new Released("orders-user-id-fkey")));
        shop.books().balance(sale);
    }

    @Test
    void aHoldWhoseKeyBelongsToAnOrderOfAnotherIdIsRefusedAloneAndForGood() {
        long sale = shop.open(10, 3);
        long user = shop.buyer();
        Hold ordered = shop.hold(tap(sale, user, 1));
        assertThat(commits.commit(ordered).block(Shop.PATIENCE)).isInstanceOf(Committed.class);
        Hold stranger = new Hold(
                UUID.randomUUID(), sale, ordered.epoch(), 999, user, 1, 0, ordered.bodyHash(), ordered.keyHash());
        List<Hold> batch = List.of(shop.hold(tap(sale, shop.buyer(), 1)), stranger, ordered);
        assertThat(commitTogether(sale, batch))
                .satisfiesExactly(
                        fine -> assertThat(fine).isInstanceOf(Committed.class),
                        refused -> assertThat(refused).isEqualTo(new Released("orders-one-per-key")),
                        again -> assertThat(again).isInstanceOf(Committed.class));
        assertThat(commits.commit(stranger).block(Shop.PATIENCE)).isEqualTo(new Released("orders-one-per-key"));
        shop.books().balance(sale);
    }

    @Test
    void aHoldOfASaleThatDoesNotExistIsUndecidedAndHoldsUpNoOther() {
        Hold hold = new Hold(UUID.randomUUID(), 999_999_999, 1, 1, shop.buyer(), 1, 0, "aa", "bb");
        assertThat(commits.commit(hold).block(Shop.PATIENCE)).isEqualTo(new CommitResult.Undecided());
        Eventually.holds(
                "the circuit closes", () -> shop.bean(PostgresWatch.class).up());
    }
}
