package flashsale.order;

import static flashsale.shop.Crowd.tap;
import static org.assertj.core.api.Assertions.assertThat;

import flashsale.order.CommitResult.Committed;
import flashsale.order.CommitResult.Released;
import flashsale.order.CommitResult.Stale;
import flashsale.purchase.OrderStatus;
import flashsale.purchase.PurchaseOutcome.Ordered;
import flashsale.purchase.Tap;
import flashsale.purchase.TapHistory;
import flashsale.shop.Crowd;
import flashsale.shop.Eventually;
import flashsale.shop.RowLock;
import flashsale.shop.Shop;
import flashsale.stock.Hold;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A commit that comes late meets a release of the same hold, in both orders. */
class ReleaseVersusCommitTest {

    private static final String BURY =
            "insert into hold_tombstone (order_id, hold_epoch, hold_seq, sale_id, user_id, quantity, reason)"
                    + " values (?, ?, ?, ?, ?, ?, 'given-up')";
    private static final String NEXT_EPOCH =
            "update sale_counter set epoch = epoch + 1, phase = 'SEEDING' where sale_id = ?";

    private final Shop shop = Shop.shared();
    private final GroupCommit commits = shop.bean(GroupCommit.class);
    private final long sale = shop.open(10, 3);
    private final Tap tap = tap(sale, shop.buyer(), 2);
    private Hold hold;

    @BeforeEach
    void holdTwo() {
        hold = shop.hold(tap);
    }

    private long orders() {
        return shop.books().number("select count(*) from orders where id = ?", hold.orderId());
    }

    private void bury(RowLock lock) {
        lock.execute(BURY, hold.orderId(), hold.epoch(), hold.seq(), hold.saleId(), hold.userId(), hold.quantity());
    }

    @Test
    void aHoldReleasedWhileItsCommitWaitedNeverBecomesAnOrder() {
        CommitResult late;
        try (var release = RowLock.on(shop, sale)) {
            var commit = commits.commit(hold).timeout(Shop.PATIENCE).toFuture();
            release.awaitQueue(1);
            bury(release);
            release.release();
            late = commit.join();
        }
        assertThat(late).isEqualTo(new Released("given-up"));
        assertThat(commits.commit(hold).block(Shop.PATIENCE)).as("once more").isEqualTo(new Released("given-up"));
        assertThat(orders()).isZero();
        shop.books().balance(sale);

        assertThat(Crowd.buy(shop, tap)).as("a new tap of the same purchase").isInstanceOf(Ordered.class);
        assertThat(commits.commit(hold).block(Shop.PATIENCE))
                .as("the old hold, met again by a sweep")
                .isInstanceOf(CommitResult.Duplicate.class);
        assertThat(orders()).isEqualTo(1);
        shop.books().balance(sale);
    }

    @Test
    void anOrderedHoldNeverGetsATombstone() throws Exception {
        Thread epochEnds;
        CommitResult first;
        try (var stalling = RowLock.on(shop, sale)) {
            var commit = commits.commit(hold).timeout(Shop.PATIENCE).toFuture();
            stalling.awaitQueue(1);
            epochEnds = Thread.startVirtualThread(() -> {
                try (var next = RowLock.on(shop, sale)) {
                    next.execute(NEXT_EPOCH, sale);
                    next.release();
                }
            });
            stalling.awaitQueue(2);
            stalling.release();
            first = commit.join();
        }
        epochEnds.join();

        assertThat(first).isInstanceOf(Committed.class);
        assertThat(commits.commit(hold).block(Shop.PATIENCE))
                .as("met again by a sweep")
                .isEqualTo(first);
        assertThat(shop.books().tombstones(sale)).isZero();
        assertThat(orders()).isEqualTo(1);
        shop.awaitSellable(sale, 2);
        shop.books().balance(sale);
    }

    @Test
    void aCommitOfAnEpochThatEndedMeanwhileIsRefusedForGoodAndItsBuyerIsToldSo() {
        CommitResult late;
        try (var epochEnds = RowLock.on(shop, sale)) {
            var commit = commits.commit(hold).timeout(Shop.PATIENCE).toFuture();
            epochEnds.awaitQueue(1);
            epochEnds.execute(NEXT_EPOCH, sale);
            epochEnds.release();
            late = commit.join();
        }
        assertThat(late).isEqualTo(new Stale());
        assertThat(commits.commit(hold).block(Shop.PATIENCE)).as("once more").isEqualTo(new Released("epoch-over"));
        assertThat(orders()).isZero();
        Eventually.holds("its buyer is told", () -> shop.bean(TapHistory.class)
                .status(tap.userId(), hold.orderId())
                .block(Shop.PATIENCE)
                .equals(new OrderStatus.Released(hold.orderId(), sale, "epoch-over")));
        shop.awaitSellable(sale, 2);
        shop.books().balance(sale);
    }

    @Test
    void aBuyerWhoseEpochEndedBetweenHoldAndOrderIsAdmittedAgain() {
        Tap other = tap(sale, shop.buyer(), 1);
        commits.commit(hold).block(Shop.PATIENCE);
        Ordered answer;
        try (var epochEnds = RowLock.on(shop, sale)) {
            var purchase = shop.purchase().buy(other).timeout(Shop.PATIENCE).toFuture();
            epochEnds.awaitQueue(1);
            epochEnds.execute(NEXT_EPOCH, sale);
            epochEnds.release();
            shop.desk().preheat(sale).block(Shop.PATIENCE);
            answer = (Ordered) purchase.join();
        }
        assertThat(answer.replayed()).isFalse();
        assertThat(shop.books()
                        .number(
                                "select hold_epoch from orders where id = ?",
                                answer.order().id()))
                .isEqualTo(2);
        shop.books().balance(sale);
    }
}
