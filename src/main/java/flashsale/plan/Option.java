package flashsale.plan;

import org.jspecify.annotations.Nullable;

/**
 * One option of the command line.
 *
 * @param fallback what it is when it is not given; null: it has to be given, or stands in the file of figures
 */
record Option(String name, Kind kind, @Nullable String fallback, String meaning) {

    /** What values it takes. */
    enum Kind {
        COUNT("a number from 0 to 10000000000"),
        POSITIVE("a number from 0.001 to 10000000000"),
        SHARE("a share from 0 to 1"),
        PART("a share from 0.01 to 1"),
        FACTOR("a number from 1 to 1000000"),
        CHANCE("a chance above 0.5, at most 0.999999"),
        WHOLE("a whole number from 0 to 1000"),
        CONNECTIONS("a whole number from 1 to 262143"),
        TIME("a time from 1s to 24h, as 60s, 5m, 1h or PT90S");

        /** More than there are people; a limit, so that no arithmetic below overflows. */
        private static final double MOST = 1e10;

        /** PostgreSQL takes no larger max_connections. */
        private static final double MOST_CONNECTIONS = 262_143;

        final String takes;

        Kind(String takes) {
            this.takes = takes;
        }

        boolean takes(double value) {
            return Double.isFinite(value)
                    && switch (this) {
                        case COUNT -> value >= 0 && value <= MOST;
                        case POSITIVE -> value >= 0.001 && value <= MOST;
                        case SHARE -> value >= 0 && value <= 1;
                        case PART -> value >= 0.01 && value <= 1;
                        case FACTOR -> value >= 1 && value <= 1_000_000;
                        case TIME -> value >= 1 && value <= 86_400;
                        case CHANCE -> value > 0.5 && value <= 0.999_999;
                        case WHOLE -> value >= 0 && value <= 1_000 && value == Math.rint(value);
                        case CONNECTIONS -> value >= 1 && value <= MOST_CONNECTIONS && value == Math.rint(value);
                    };
        }
    }
}
