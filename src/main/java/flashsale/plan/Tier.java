package flashsale.plan;

import java.util.Locale;

/** Whose CPU a call takes. */
enum Tier {
    APP("all replicas together"),
    REDIS("Redis"),
    POSTGRES("PostgreSQL");

    final String meaning;

    Tier(String meaning) {
        this.meaning = meaning;
    }

    String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
