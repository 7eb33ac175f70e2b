package flashsale.session;

final class Principals {

    private Principals() {}

    static Principal of(IssuedSession session) {
        return SessionRecord.principal(session.session());
    }
}
