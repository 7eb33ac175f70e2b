package flashsale.web;

/** Carries a problem out of the reading of a request, where a reactive chain has no other way to end early. */
final class RequestRefused extends RuntimeException {

    private final transient Problem problem;

    RequestRefused(Problem problem) {
        // A refused request says nothing about our code: no stack trace, which is what an exception costs.
        super(problem.type().slug() + ": " + problem.detail(), null, false, false);
        this.problem = problem;
    }

    Problem problem() {
        return problem;
    }
}
