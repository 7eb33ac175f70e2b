package flashsale.redis;

/** The lines of {@code INFO} this service decides on; of a section that was not asked for they say nothing. */
record RedisInfo(String runId, boolean evicting, boolean replica) {

    static RedisInfo of(String info) {
        String policy = line(info, "maxmemory_policy:");
        return new RedisInfo(
                line(info, "run_id:"),
                !policy.isEmpty() && !policy.equals("noeviction"),
                line(info, "role:").equals("slave"));
    }

    /** A replica may lack writes, and takes none; nothing is sold from it. */
    void requirePrimary() {
        if (replica) {
            throw new RedisUnavailable("This Redis is a replica; a primary is waited for");
        }
    }

    private static String line(String info, String name) {
        int at = info.indexOf(name);
        if (at < 0) {
            return "";
        }
        int end = info.indexOf('\r', at);
        return info.substring(at + name.length(), end < 0 ? info.length() : end);
    }
}
