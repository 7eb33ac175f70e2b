package flashsale.redis;

/** What orders keep in Redis besides their sale's stock. Nothing here is needed for anything but being prompt. */
public final class OrderKeys {

    /** Sorted set: the seconds at which some order's time to pay ends. A hash tag of its own, as it belongs to no sale. */
    public static final String ALARMS = "alarms:{orders}";

    /** Nodes hear here which orders changed: their ids, with commas between them. */
    public static final String CHANGES_CHANNEL = "order-changes";

    private OrderKeys() {}
}
