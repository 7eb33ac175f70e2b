package flashsale.observability;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.AutoConfigurationImportFilter;
import org.springframework.boot.autoconfigure.AutoConfigurationMetadata;
import org.springframework.context.EnvironmentAware;
import org.springframework.core.env.Environment;

/**
 * Where tracing is off, Boot is told of none. Its own switch leaves a tracer that records nothing in the way of every
 * request, and its sampler at 0 asks first.
 */
final class TracingSwitch implements AutoConfigurationImportFilter, EnvironmentAware {

    static final String PROPERTY = "management.opentelemetry.enabled";

    private static final List<String> PACKAGES = List.of(
            "org.springframework.boot.micrometer.tracing.", "org.springframework.boot.opentelemetry.autoconfigure.");

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
            kept[i] = on || candidate == null || PACKAGES.stream().noneMatch(candidate::startsWith);
        }
        return kept;
    }
}
