package flashsale.redis;

/** What nodes tell each other of how they are. One hash tag: a report and the answer to it are one call. */
public final class DegradationKeys {

    /** Hash: node to its last report. */
    public static final String NODES = "nodes:{degradation}";

    /** Hash: the level agreed on, and the newest versions of sales anybody has read. */
    public static final String STATE = "state:{degradation}";

    /** List: the last states agreed on, for a PostgreSQL that was away meanwhile. */
    public static final String CHANGES = "changes:{degradation}";

    /** Fields of {@link #STATE}. */
    public static final String AGREED = "agreed";

    public static final String VERSIONS = "versions";

    private DegradationKeys() {}
}
