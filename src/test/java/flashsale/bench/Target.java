package flashsale.bench;

import java.util.Locale;

/** What was asked of a figure, and what it is. */
public record Target(String what, double must, double aim, boolean atMost, double measured) {

    public static Target atMost(String what, double must, double aim, double measured) {
        return new Target(what, must, aim, true, measured);
    }

    public static Target atLeast(String what, double must, double aim, double measured) {
        return new Target(what, must, aim, false, measured);
    }

    private boolean meets(double limit) {
        return atMost ? measured <= limit : measured >= limit;
    }

    String line() {
        String sign = atMost ? "≤" : "≥";
        String verdict = meets(aim) ? "aim met" : meets(must) ? "met" : "**missed**";
        return String.format(
                Locale.ROOT,
                "| %s | %s %.2f× | %s %.2f× | %.2f× | %s |",
                what,
                sign,
                must,
                sign,
                aim,
                measured,
                verdict);
    }
}
