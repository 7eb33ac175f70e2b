package flashsale.observability;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One call to a store that serves many purchases. It is a span in the trace of each of them that is recorded, all with the
 * same times, so that no trace has to be looked for in another.
 *
 * @param system in the words of OpenTelemetry: {@code redis}, {@code postgresql}
 * @param together how many it serves, recorded or not
 * @param batch tells it from others: those it served find each other by it
 */
public record SharedCall(String name, String system, int together, Object batch) {

    /** Begins it in each trace there is; whoever gets the answer ends them. Most often there is none. */
    public <T> List<Trace> begin(Iterable<T> served, Function<T, @Nullable Trace> traces) {
        List<Trace> begun = List.of();
        for (T one : served) {
            Trace trace = traces.apply(one);
            if (trace != null) {
                begun = begun.isEmpty() ? new ArrayList<>() : begun;
                begun.add(trace.call(this));
            }
        }
        return begun;
    }
}
