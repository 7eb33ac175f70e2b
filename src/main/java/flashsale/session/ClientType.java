package flashsale.session;

/** The kind of device a session lives on; each kind has its own limit of sessions at once. */
public enum ClientType {
    APP,
    WEB,
    MINIAPP
}
