package flashsale.order;

/**
 * Undoes a transaction whose work turned out not to stand, which is no fault: whoever opened it catches this outside, and
 * answers with what stands instead. Thrown inside only, as whatever else has been written there must go.
 */
public final class Rollback extends RuntimeException {

    /** @param why for a log, should nobody catch it; it has no stack trace */
    public Rollback(String why) {
        super(why, null, false, false);
    }
}
