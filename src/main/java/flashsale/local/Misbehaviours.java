package flashsale.local;

import flashsale.local.Misbehaviour.Kind;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** What the sandbox was told to do instead of answering well; each is forgotten once it was done as often as was said. */
final class Misbehaviours {

    private static final Misbehaviour NONE = Misbehaviour.of(Kind.DELAY);

    private final List<Misbehaviour> told = new CopyOnWriteArrayList<>();
    private volatile boolean away;

    void add(Misbehaviour misbehaviour) {
        told.add(misbehaviour);
    }

    void away(boolean isAway) {
        away = isAway;
    }

    boolean isAway() {
        return away;
    }

    void forgetAll() {
        away = false;
        told.clear();
    }

    /** The first that meets this call; it counts as done. A delay of nothing where there is none. */
    Misbehaviour take(String order, long amountCents) {
        for (Misbehaviour each : told) {
            if (each.meets(order, amountCents) && told.remove(each)) {
                if (each.times() > 1) {
                    told.addFirst(each.times(each.times() - 1));
                }
                return each;
            }
        }
        return NONE;
    }
}
