package flashsale.web;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;

/**
 * A singleton that stands by the time somebody connects. Two event loops may ask the container for it at once, and get the
 * same; a lock, as a memoizing supplier takes it, would make one of them wait.
 */
final class AtFirstUse<T> implements Supplier<T> {

    private final ObjectProvider<T> bean;
    private volatile @Nullable T known;

    AtFirstUse(ObjectProvider<T> bean) {
        this.bean = bean;
    }

    @Override
    public T get() {
        T before = known;
        if (before != null) {
            return before;
        }
        T found = bean.getObject();
        known = found;
        return found;
    }
}
