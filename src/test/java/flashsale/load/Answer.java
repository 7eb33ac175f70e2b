package flashsale.load;

/**
 * What came of one request. Its time counts from when it was due, not from when it was sent: a generator that is late
 * must not flatter the service (coordinated omission).
 *
 * @param kind of the flow it belongs to
 * @param sentNanos how late the generator was is the difference to {@code dueNanos}
 * @param status 0 when there was no answer
 * @param problem its name; empty when the answer is none
 * @param retryAfter seconds; -1 without the header
 */
record Answer(String kind, long dueNanos, long sentNanos, long endNanos, int status, String problem, int retryAfter) {

    double millis() {
        return (endNanos - dueNanos) / 1e6;
    }

    double latenessMillis() {
        return (sentNanos - dueNanos) / 1e6;
    }

    boolean isOrdered() {
        return status == 201;
    }

    /** Too much: nothing happened, come back later. */
    boolean isRefused() {
        return status == 503 || status == 429;
    }

    /** As the contract has it when there is too much: refused with a reason and a time, or 202, it goes on without you. */
    boolean isByTheContract() {
        return status == 201 || status == 202 || (isRefused() && !problem.isEmpty() && retryAfter >= 1);
    }
}
