package flashsale.order;

import static flashsale.shop.Crowd.tap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import flashsale.purchase.PurchaseOutcome.Ordered;
import flashsale.shop.Crowd;
import flashsale.shop.Shop;
import org.junit.jupiter.api.Test;
import org.postgresql.util.PSQLException;

/** Orders name users and sales that exist, and go on doing so, whoever writes; without a foreign key's price. */
class OrdersReferTest {

    private static final String ORDER = """
            insert into orders (id, sale_id, user_id, quantity, amount_cents, currency, state, key_hash, body_hash,
                                hold_epoch, hold_seq, pay_before)
            select gen_random_uuid(), sale, buyer, 1, 1, 'CNY', 'PENDING_PAYMENT', 'aa', 'bb', 1, 1, now()
              from (values (?, ?), (?, ?)) as v(sale, buyer)
            """;
    private static final long NOBODY = 999_999_999;

    private final Shop shop = Shop.shared();
    private final long sale = shop.open(10, 3);
    private final long buyer = shop.buyer();

    private void refused(String constraint, String sql, Object... values) {
        assertThatThrownBy(() -> shop.books().execute(sql, values))
                .rootCause()
                .isInstanceOfSatisfying(PSQLException.class, refusal -> {
                    assertThat(refusal.getSQLState()).isEqualTo("23503");
                    assertThat(refusal.getServerErrorMessage().getConstraint()).isEqualTo(constraint);
                });
    }

    @Test
    void oneRowThatNamesNobodyRefusesTheStatement() {
        refused("orders_user_id_fkey", ORDER, sale, buyer, sale, NOBODY);
        assertThat(shop.books().sold(sale)).isZero();
    }

    @Test
    void oneRowThatNamesNoSaleRefusesTheStatement() {
        refused("orders_sale_id_fkey", ORDER, sale, buyer, NOBODY, buyer);
        assertThat(shop.books().sold(sale)).isZero();
    }

    @Test
    void whatAnOrderNamesStaysAndSoDoesItsName() {
        assertThat(Crowd.buy(shop, tap(sale, buyer, 1))).isInstanceOf(Ordered.class);
        refused("orders_user_id_fkey", "delete from users where id = ?", buyer);
        refused("orders_keep_their_names", "update orders set user_id = ? where user_id = ?", shop.buyer(), buyer);
        refused("orders_keep_their_names", "update orders set sale_id = ? where user_id = ?", shop.open(1, 1), buyer);
        refused(
                "orders_sale_id_fkey",
                "with counter as (delete from sale_counter where sale_id = ?) delete from sale where id = ?",
                sale,
                sale);
        shop.books().balance(sale);
    }

    @Test
    void aUserWithoutOrdersMayGo() {
        shop.books().execute("delete from users where id = ?", buyer);
        assertThat(shop.books().number("select count(*) from users where id = ?", buyer))
                .isZero();
    }
}
