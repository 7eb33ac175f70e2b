package flashsale.session;

/** Whether a new session got a place among those of its user. */
sealed interface Admission {

    record Admitted() implements Admission {}

    record Refused(int limit) implements Admission {}
}
