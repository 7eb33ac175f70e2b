package flashsale.plan;

/** A command line that cannot be answered; the message names the option, for whoever typed it. */
final class BadOption extends Exception {

    private static final long serialVersionUID = 1L;

    BadOption(String message) {
        super(message);
    }
}
