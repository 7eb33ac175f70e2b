package flashsale.bench;

import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What may stand in a mapping file. A key that nobody reads is a mistake, and would be looked for in the figures. */
final class MappingKeys {

    private static final Set<String> CALLS =
            Set.of("constant", "browse", "purchase", "insufficient", "ops", "tokens", "sale", "open", "reset", "audit");

    private static final Set<String> VALUES = Set.of(
            "name",
            "url",
            "cpu.app",
            "cpu.redis",
            "cpu.postgres",
            "purchase.won",
            "purchase.sold-out",
            "purchase.replayed",
            "purchase.shed",
            "insufficient.status",
            "tokens.file",
            "tokens.at-a-time",
            "sale.id",
            "sale.sold-out-id");

    private static final Pattern OF_CALL =
            Pattern.compile("([a-z]+)\\.(method|path|body|take|header\\.[A-Za-z0-9-]+|must\\.[A-Za-z0-9/]+)");

    private MappingKeys() {}

    static void requireKnown(String key) {
        Matcher call = OF_CALL.matcher(key);
        if (!VALUES.contains(key) && !(call.matches() && CALLS.contains(call.group(1)))) {
            throw new IllegalArgumentException("The mapping has an unknown key: " + key);
        }
    }

    static void requireKnownPlaces(String key, String value) {
        // Regular expressions have braces of their own.
        if (key.startsWith("cpu.")) {
            return;
        }
        Call.PLACE.matcher(value).results().map(place -> place.group(1)).forEach(place -> {
            if (!Call.PLACES.contains(place)) {
                throw new IllegalArgumentException(
                        key + " has an unknown place {" + place + "}; there are " + Call.PLACES);
            }
        });
    }
}
