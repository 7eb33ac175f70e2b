package flashsale.plan;

import java.util.Locale;

/** What clients of a sale ask for, told apart by what it costs. */
enum Call {
    LOOK("looks at the sale"),
    LOGIN("logs in"),
    PURCHASE("buys, order committed"),
    REPLAY("repeats a purchase"),
    REFUSAL("is told sold out");

    final String meaning;

    Call(String meaning) {
        this.meaning = meaning;
    }

    String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
