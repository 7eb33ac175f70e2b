package flashsale.session;

import java.util.Locale;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** A key or secret of the tokens is missing, or would protect nothing. Names the property, never the value. */
final class SecretRefused extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    SecretRefused(String property, String why) {
        super(property + " (environment variable " + variable(property) + ") " + why);
    }

    private static String variable(String property) {
        return property.toUpperCase(Locale.ROOT).replaceAll("[.\\[-]", "_").replace("]", "");
    }

    /** Shows it without a stack trace: nothing in our code is wrong. */
    static final class Analyzer extends AbstractFailureAnalyzer<SecretRefused> {

        @Override
        protected FailureAnalysis analyze(Throwable rootFailure, SecretRefused refused) {
            return new FailureAnalysis(
                    refused.getMessage(), "Set what is named, in the environment or by a mounted secret.", refused);
        }
    }
}
