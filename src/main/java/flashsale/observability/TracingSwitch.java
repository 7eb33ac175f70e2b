package flashsale.observability;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.AutoConfigurationImportFilter;
import org.springframework.boot.autoconfigure.AutoConfigurationMetadata;
import org.springframework.context.EnvironmentAware;
import org.springframework.core.env.Environment;

/**
 * Where tracing is off, Boot is told of none. Its own switch leaves a tracer that records nothing in the way of every
 * request, and its sampler at 0 asks first. Its ways to watch the stores are never taken.
 */
final class TracingSwitch implements AutoConfigurationImportFilter, EnvironmentAware {

    static final String PROPERTY = "management.opentelemetry.enabled";

    private static final List<String> PACKAGES = List.of(
            "org.springframework.boot.micrometer.tracing.", "org.springframework.boot.opentelemetry.autoconfigure.");

    /** They would observe what belongs to no request too; see StoreSpans for what is here instead. */
    private static final List<String> NEVER = List.of(
            "org.springframework.boot.data.redis.autoconfigure.observation.",
            "org.springframework.boot.r2dbc.autoconfigure.observation.",
            "org.springframework.boot.r2dbc.autoconfigure.R2dbcProxyAutoConfiguration");

    private boolean on;

    @Override
    public void setEnvironment(Environment environment) {
        on = environment.getProperty(PROPERTY, Boolean.class, false);
    }

    @Override
    public boolean[] match(@Nullable String[] candidates, AutoConfigurationMetadata metadata) {
        boolean[] kept = new boolean[candidates.length];
        for (int i = 0; i < candidates.length; i++) {
            String candidate = candidates[i];
            kept[i] = candidate == null
                    || (on || PACKAGES.stream().noneMatch(candidate::startsWith))
                            && NEVER.stream().noneMatch(candidate::startsWith);
        }
        return kept;
    }
}
