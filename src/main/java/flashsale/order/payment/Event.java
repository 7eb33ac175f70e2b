package flashsale.order.payment;

import flashsale.order.Order;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** Names of what moves orders here: who comes second with the same news finds that it had its effect. */
final class Event {

    private Event() {}

    /** Of what can happen to an order once in its life. */
    static UUID once(UUID orderId, String what) {
        return UUID.nameUUIDFromBytes((orderId + ":" + what).getBytes(StandardCharsets.UTF_8));
    }

    /** Of what can happen to each version of an order once. */
    static UUID ofVersion(Order order, String what) {
        return once(order.id(), what + ":version:" + order.stateVersion());
    }
}
