package flashsale.order.model;

import flashsale.idempotency.IdempotencyKey;
import flashsale.order.Move;
import flashsale.order.MoveResult;
import flashsale.order.Moves;
import flashsale.order.OrderChanges;
import flashsale.order.Step;
import flashsale.order.model.Breakage.Fault;
import flashsale.order.model.Model.Act;
import flashsale.order.model.Model.Bought;
import flashsale.purchase.PurchaseOutcome;
import flashsale.purchase.Tap;
import flashsale.shop.Eventually;
import flashsale.shop.Shop;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Does one thing after the other to a sale, and the same to its model; some while something breaks. What a fault leaves
 * open is asked again under the same key or event, as any client would, until there is an answer.
 */
final class Life {

    private static final int LIMIT = 3;
    private static final int STOCK = 12;
    private static final Fault[] FAULTS = Fault.values();

    private final Breakage faults;
    private final Random random;
    private final Model model = new Model(STOCK, LIMIT);
    private final List<Long> users;
    private final long sale;
    private final long ops;

    /** Of the step: how often something is asked again must not change what the next step is. */
    private Random nodes;

    private int keys;

    /** The last answer, whatever it was. */
    private volatile @Nullable Object heard;

    Life(Breakage faults, Random random) {
        this.faults = faults;
        this.random = random;
        this.nodes = new Random(random.nextLong());
        Shop shop = faults.first();
        this.users = shop.buyers(6);
        this.ops = shop.buyer();
        this.sale = shop.open(STOCK, LIMIT);
    }

    long sale() {
        return sale;
    }

    Model model() {
        return model;
    }

    void step() {
        nodes = new Random(random.nextLong());
        CompletableFuture<Void> striking =
                random.nextInt(8) == 0 ? strikeSoon() : CompletableFuture.completedFuture(null);
        int what = random.nextInt(20);
        if (what < 7) {
            buy("tap-" + ++keys, pick(users), 1 + random.nextInt(2));
        } else if (what == 7) {
            known(order -> buyAgain(order, order.quantity));
        } else if (what == 8) {
            known(order -> buyAgain(order, order.quantity + 1));
        } else if (what == 9) {
            restock(1 + random.nextInt(3));
        } else if (what == 10) {
            pause(!model.paused);
        } else {
            known(order -> act(order, Act.values()[random.nextInt(Act.values().length)]));
        }
        striking.join();
    }

    /** Nothing is left half done. */
    void settle() {
        faults.heal();
        pause(false);
        for (Bought order : model.orders()) {
            if (order.state().equals("REFUNDING")) {
                act(order, Act.REFUNDED_BY_PROVIDER);
            }
        }
        faults.heal();
    }

    private CompletableFuture<Void> strikeSoon() {
        Fault fault = FAULTS[random.nextInt(random.nextInt(6) == 0 ? FAULTS.length : FAULTS.length - 1)];
        long delay = random.nextInt(4);
        if (fault == Fault.NODE_RESTARTED) {
            faults.strike(fault);
            return CompletableFuture.completedFuture(null);
        }
        return CompletableFuture.runAsync(
                () -> faults.strike(fault), CompletableFuture.delayedExecutor(delay, TimeUnit.MILLISECONDS));
    }

    private void buy(String key, long user, int quantity) {
        boolean sells = model.sells(user, quantity);
        Tap tap = new Tap(user, sale, quantity, new IdempotencyKey(key));
        answered("purchase of " + quantity + " by " + user, () -> {
            PurchaseOutcome outcome = faults.any(nodes).purchase().buy(tap).block(Shop.PATIENCE);
            return switch (heard(outcome)) {
                case PurchaseOutcome.Ordered ordered -> {
                    if (!sells) {
                        throw new AssertionError("sold to " + tap + " what there is not: " + ordered);
                    }
                    model.bought(new Bought(ordered.order().id(), user, quantity, key));
                    yield true;
                }
                case PurchaseOutcome.Underway open -> false;
                // Units that came back are on their way to Redis for a moment; a sale that is closed opens again.
                case PurchaseOutcome.Refused refused -> !sells && isFinal(refused);
            };
        });
    }

    private static boolean isFinal(PurchaseOutcome.Refused refused) {
        return !(refused instanceof PurchaseOutcome.Closed
                || refused instanceof PurchaseOutcome.Degraded
                || refused instanceof PurchaseOutcome.Overloaded
                || refused instanceof PurchaseOutcome.RateLimited);
    }

    private void buyAgain(Bought order, int quantity) {
        boolean same = quantity == order.quantity;
        Tap tap = new Tap(order.user, sale, quantity, new IdempotencyKey(order.key));
        answered("the same key again", () -> {
            PurchaseOutcome outcome = faults.any(nodes).purchase().buy(tap).block(Shop.PATIENCE);
            if (heard(outcome) instanceof PurchaseOutcome.Ordered ordered) {
                if (!same || !ordered.order().id().equals(order.id)) {
                    throw new AssertionError(tap + " is not order " + order.id + " but got " + ordered);
                }
                return true;
            }
            return !same && outcome instanceof PurchaseOutcome.KeyReused;
        });
    }

    private void act(Bought order, Act act) {
        UUID event = UUID.randomUUID();
        if (act == Act.EXPIRE) {
            expire(order);
            return;
        }
        boolean allowed = model.act(order, act);
        Step step = new Step(order.id, Move.valueOf(act.name()), event, null, Map.of(), "tracked");
        answered(act + " of " + order.id, () -> {
            Shop node = faults.any(nodes);
            MoveResult result = node.bean(Moves.class).make(step).block(Shop.PATIENCE);
            return switch (heard(result)) {
                case MoveResult.Moved moved -> {
                    node.bean(OrderChanges.class).committed(moved.order());
                    yield agreed(allowed, true, act, order);
                }
                case MoveResult.Repeated repeated -> agreed(allowed, true, act, order);
                case MoveResult.Illegal illegal -> agreed(allowed, false, act, order);
                case MoveResult.Closed closed -> false;
                case MoveResult.Unknown unknown -> throw new AssertionError("no order " + order.id);
            };
        });
    }

    private static boolean agreed(boolean allowed, boolean done, Act act, Bought order) {
        if (allowed != done) {
            throw new AssertionError(act + " was " + (done ? "done" : "refused") + ", the model: " + order.states);
        }
        return true;
    }

    /** By itself, once its time is over. */
    private void expire(Bought order) {
        answered("an end of the time to pay of " + order.id, () -> {
            faults.first()
                    .books()
                    .execute(
                            "update orders set pay_before = now() - interval '1 ms' where id = ?"
                                    + " and state = 'PENDING_PAYMENT'",
                            order.id);
            return true;
        });
        if (model.act(order, Act.EXPIRE)) {
            answered(
                    "expiry of " + order.id,
                    () -> faults.first()
                                    .books()
                                    .number("select count(*) from orders where id = ? and state = 'EXPIRED'", order.id)
                            == 1);
        }
    }

    private void restock(int units) {
        long before = model.stock();
        answered("restock", () -> {
            Counter counter = new Counter(faults.first(), sale);
            if (counter.stock() == before) {
                faults.any(nodes).desk().restock(sale, units, ops).block(Shop.PATIENCE);
            }
            return counter.stock() == before + units;
        });
        model.restocked(units);
    }

    private record Counter(Shop shop, long sale) {
        long stock() {
            return shop.books().number("select stock from sale_counter where sale_id = ?", sale);
        }
    }

    private void pause(boolean paused) {
        model.paused = paused;
        answered(paused ? "pause" : "resume", () -> {
            Shop node = faults.any(nodes);
            (paused ? node.desk().pause(sale) : node.desk().resume(sale)).block(Shop.PATIENCE);
            return true;
        });
    }

    /** A fault is no answer; an assertion is one. */
    private void answered(String what, Supplier<Boolean> ask) {
        try {
            Eventually.holds(what, Shop.PATIENCE, () -> {
                try {
                    return ask.get();
                } catch (RuntimeException broken) {
                    heard = broken;
                    // What was sent before may still be done.
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
                    return false;
                }
            });
        } catch (ConditionTimeoutException never) {
            throw new AssertionError(what + " has no answer the model knows, the last was " + heard, never);
        }
    }

    private <T> T heard(@Nullable T answer) {
        heard = answer;
        return Objects.requireNonNull(answer);
    }

    private void known(Consumer<Bought> use) {
        List<Bought> orders = model.orders();
        if (!orders.isEmpty()) {
            use.accept(pick(orders));
        }
    }

    private <T> T pick(List<T> all) {
        return all.get(random.nextInt(all.size()));
    }
}
