package flashsale.stock;

/**
 * A sale cannot be put into Redis, restocked or compared just now, although the stores answer. Nothing was done, and the
 * message says why: operations read it, so it names no address and no secret.
 */
public final class SaleClosed extends RuntimeException {

    private final String why;

    public SaleClosed(String why) {
        super(why);
        this.why = why;
    }

    public String why() {
        return why;
    }
}
