package flashsale.order;

import static flashsale.shop.Crowd.tap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import flashsale.order.CommitResult.Committed;
import flashsale.shop.Shop;
import flashsale.stock.Hold;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

/** The function of a group commit by itself: what those who call it through {@link GroupCommit} would not notice. */
class CommitHoldsTest {

    private static final String COMMIT = """
            select placed from commit_holds(?, 1, array[?, ?]::uuid[], array[?, ?]::bigint[], '{1,1}',
                                            array[?, ?]::bigint[], array[?, ?]::text[], '{aa,aa}', 900000)
            """;

    private final Shop shop = Shop.shared();
    private final long sale = shop.open(10, 3);

    /** Halving would find the others too, in as many transactions as a sweep or a lost answer can least do with. */
    @Test
    void anOrderThatStandsAlreadyIsLeftOutAndTheOthersAreWrittenInTheSameCall() {
        shop.leaveAlone(sale);
        Hold before = shop.hold(tap(sale, shop.buyer(), 1));
        Hold fresh = shop.hold(tap(sale, shop.buyer(), 1));
        GroupCommit commits = shop.bean(GroupCommit.class);
        assertThat(commits.commit(before).block(Shop.PATIENCE)).isInstanceOf(Committed.class);

        assertThat(placed(before, fresh)).isEqualTo(1);
        assertThat(placed(before, fresh)).as("once more").isZero();
        assertThat(shop.books().sold(sale)).isEqualTo(2);
        assertThat(commits.commit(fresh).block(Shop.PATIENCE)).isInstanceOf(Committed.class);
        shop.books().balance(sale);
    }

    private long placed(Hold one, Hold other) {
        return shop.books()
                .number(
                        COMMIT,
                        sale,
                        one.orderId(),
                        other.orderId(),
                        one.userId(),
                        other.userId(),
                        one.seq(),
                        other.seq(),
                        one.keyHash(),
                        other.keyHash());
    }

    @Test
    void aCommitThatCouldNotSeeWhatWasBuriedMeanwhileIsNotMade() throws SQLException {
        try (Connection connection = shop.books().database().connect()) {
            connection.setAutoCommit(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            var commit = connection.prepareStatement(
                    "select placed from commit_holds(?, 1, '{}', '{}', '{}', '{}', '{}', '{}', 1)");
            commit.setLong(1, sale);
            assertThatThrownBy(commit::executeQuery).hasMessageContaining("commit_holds needs read committed");
        }
    }
}
