package flashsale;

import java.util.List;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** The configuration is not one to go into production with. */
final class RefusedToStart extends RuntimeException {

    RefusedToStart(List<String> complaints) {
        super("Profile production refuses to start: " + String.join("; ", complaints));
    }

    /** Shows it without a stack trace: nothing in our code is wrong. */
    static final class Analyzer extends AbstractFailureAnalyzer<RefusedToStart> {

        @Override
        protected FailureAnalysis analyze(Throwable rootFailure, RefusedToStart refused) {
            return new FailureAnalysis(
                    refused.getMessage(), "Set what is named, in the environment or by a mounted secret.", refused);
        }
    }
}
