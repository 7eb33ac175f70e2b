package flashsale.session;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** The secret that signs tokens would protect nothing. */
final class SecretRefused extends IllegalStateException {

    SecretRefused(String complaint) {
        super(complaint);
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
