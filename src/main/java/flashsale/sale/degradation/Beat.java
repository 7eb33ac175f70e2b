package flashsale.sale.degradation;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A node's report on itself.
 *
 * @param age since it was made; zero in the report itself
 * @param sick whether it failed enough checks in a row
 * @param consistent what its last check said
 * @param hitRate of its reads since the check before; negative for too few of them
 * @param behindFor how long it has been behind; zero when it is not
 * @param reads PostgreSQL or does not: whether it could ask for the newest versions itself
 * @param synced the last order to read anew that it has carried out
 */
record Beat(
        String node,
        Duration age,
        boolean sick,
        boolean consistent,
        long versionLag,
        double hitRate,
        Duration ttlSkew,
        Duration behindFor,
        boolean reads,
        long synced,
        Set<Rule> rules) {

    Beat aged(Duration age) {
        return new Beat(node, age, sick, consistent, versionLag, hitRate, ttlSkew, behindFor, reads, synced, rules);
    }

    String text() {
        return String.join(
                " ",
                sick ? "sick" : "well",
                consistent ? "1" : "0",
                Long.toString(versionLag),
                Double.toString(hitRate),
                Long.toString(ttlSkew.toMillis()),
                Long.toString(behindFor.toMillis()),
                reads ? "1" : "0",
                Long.toString(synced),
                rules.stream().map(Rule::name).collect(Collectors.joining(",")),
                ".");
    }

    /** Null for a report of a version of this service that says other things, and for one that no node would make. */
    static @Nullable Beat parse(String node, long ageMillis, String text) {
        String[] parts = text.split(" ", -1);
        if (parts.length < 10) {
            return null;
        }
        try {
            Set<Rule> rules = EnumSet.noneOf(Rule.class);
            if (!parts[8].isEmpty()) {
                for (String rule : parts[8].split(",")) {
                    rules.add(Rule.valueOf(rule));
                }
            }
            Beat beat = new Beat(
                    node,
                    Duration.ofMillis(ageMillis),
                    parts[0].equals("sick"),
                    parts[1].equals("1"),
                    Long.parseLong(parts[2]),
                    Double.parseDouble(parts[3]),
                    Duration.ofMillis(Long.parseLong(parts[4])),
                    Duration.ofMillis(Long.parseLong(parts[5])),
                    parts[6].equals("1"),
                    Long.parseLong(parts[7]),
                    rules);
            return beat.isPossible() ? beat : null;
        } catch (IllegalArgumentException notOurs) {
            return null;
        }
    }

    private boolean isPossible() {
        return versionLag >= 0
                && hitRate <= 1
                && Double.isFinite(hitRate)
                && !ttlSkew.isNegative()
                && !behindFor.isNegative()
                && synced >= 0;
    }
}
