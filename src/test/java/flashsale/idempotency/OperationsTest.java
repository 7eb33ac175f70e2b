package flashsale.idempotency;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class OperationsTest {

    private static final IdempotencyKey KEY = new IdempotencyKey("a-key");

    private final Operations node = new Operations("one node");
    private final Operations otherNode = new Operations("another node");

    @Test
    void theSameUserSaleAndKeyAreTheSamePurchaseOnEveryNode() {
        Operation operation = node.named(7, 1, 1, KEY);
        assertThat(operation).isEqualTo(otherNode.named(7, 1, 1, KEY));
        assertThat(operation.fingerprint()).isNull();
    }

    @Test
    void anotherUserSaleOrKeyIsAnotherPurchase() {
        Set<UUID> ids = new HashSet<>();
        Set<String> keys = new HashSet<>();
        for (Operation operation : new Operation[] {
            node.named(7, 1, 1, KEY),
            node.named(8, 1, 1, KEY),
            node.named(7, 2, 1, KEY),
            node.named(7, 1, 1, new IdempotencyKey("another")),
            // Concatenated without a separator these two would be the first one.
            node.named(71, 1, 1, KEY),
            node.named(7, 11, 1, KEY)
        }) {
            ids.add(operation.orderId());
            keys.add(operation.keyHash());
        }
        assertThat(ids).hasSize(6);
        assertThat(keys).hasSize(6);
    }

    @Test
    void anotherQuantityIsTheSamePurchaseWithAnotherBody() {
        Operation one = node.named(7, 1, 1, KEY);
        Operation two = node.named(7, 1, 2, KEY);
        assertThat(two.orderId()).isEqualTo(one.orderId());
        assertThat(two.keyHash()).isEqualTo(one.keyHash());
        assertThat(two.bodyHash()).isNotEqualTo(one.bodyHash());
    }

    @Test
    void theSaleCanBeReadFromTheId() {
        for (long sale : new long[] {1, 42, 0x7FFF_FFFFL, 0xFFFF_FFFFL}) {
            UUID id = node.named(7, sale, 1, KEY).orderId();
            assertThat(Operation.saleOf(id)).isEqualTo(sale);
            assertThat(id.version()).isEqualTo(8);
            assertThat(id.variant()).isEqualTo(2);
        }
    }

    @Test
    void withoutAKeyTheFingerprintTellsTapsOfTheSamePurchase() {
        Operation tap = node.named(7, 1, 1, null);
        Operation again = otherNode.named(7, 1, 1, null);
        assertThat(again.fingerprint()).isNotNull().isEqualTo(tap.fingerprint());
        assertThat(again.orderId()).isNotEqualTo(tap.orderId());
        assertThat(again.keyHash()).isNotEqualTo(tap.keyHash());
        assertThat(node.named(7, 1, 1, null).orderId()).isNotEqualTo(tap.orderId());
        assertThat(Set.of(
                        tap.fingerprint(),
                        node.named(7, 1, 2, null).fingerprint(),
                        node.named(8, 1, 1, null).fingerprint(),
                        node.named(7, 2, 1, null).fingerprint()))
                .hasSize(4);
    }
}
