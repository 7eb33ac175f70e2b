package flashsale.order.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** One sale and its orders as they should be, in memory. */
final class Model {

    /** What can be done with an order: where it may begin, where it leads, and whether the units come back. */
    enum Act {
        PAY(false, List.of("PENDING_PAYMENT"), "PAYING"),
        CAPTURE(false, List.of("PAYING", "PENDING_PAYMENT"), "PAID"),
        DECLINE(false, List.of("PAYING"), "PENDING_PAYMENT"),
        CANCEL(true, List.of("PENDING_PAYMENT"), "CANCELLED"),
        EXPIRE(true, List.of("PENDING_PAYMENT"), "EXPIRED"),
        SHIP(false, List.of("PAID"), "SHIPPED"),
        UNSHIP(false, List.of("SHIPPED"), "PAID"),
        COMPLETE(false, List.of("SHIPPED"), "COMPLETED"),
        REFUND(false, List.of("PAID", "SHIPPED", "COMPLETED"), "REFUNDING"),
        REFUNDED_BY_PROVIDER(true, List.of("REFUNDING"), "REFUNDED");

        final boolean returns;
        final List<String> from;
        final String to;

        Act(boolean returns, List<String> from, String to) {
            this.returns = returns;
            this.from = from;
            this.to = to;
        }
    }

    static final class Bought {
        final UUID id;
        final long user;
        final int quantity;
        final String key;
        final List<String> states = new ArrayList<>(List.of("PENDING_PAYMENT"));
        boolean returned;

        Bought(UUID id, long user, int quantity, String key) {
            this.id = id;
            this.user = user;
            this.quantity = quantity;
            this.key = key;
        }

        String state() {
            return states.getLast();
        }
    }

    private final int limit;
    private final Map<UUID, Bought> orders = new LinkedHashMap<>();
    private long stock;
    boolean paused;

    Model(long stock, int limit) {
        this.stock = stock;
        this.limit = limit;
    }

    boolean sells(long user, int quantity) {
        return !paused && quantity <= stock - sold() && unitsOf(user) + quantity <= limit;
    }

    void bought(Bought order) {
        orders.put(order.id, order);
    }

    /** False, and nothing happens, where it is not allowed. */
    boolean act(Bought order, Act act) {
        if (!act.from.contains(order.state())) {
            return false;
        }
        boolean left = order.states.lastIndexOf("SHIPPED") > order.states.lastIndexOf("PAID");
        order.states.add(act.to);
        order.returned |= act.returns && !left;
        return true;
    }

    void restocked(long units) {
        stock += units;
    }

    long stock() {
        return stock;
    }

    long sold() {
        return orders.values().stream()
                .filter(order -> !order.returned)
                .mapToLong(order -> order.quantity)
                .sum();
    }

    long unitsOf(long user) {
        return orders.values().stream()
                .filter(order -> order.user == user && !order.returned)
                .mapToLong(order -> order.quantity)
                .sum();
    }

    List<Bought> orders() {
        return List.copyOf(orders.values());
    }
}
