package flashsale.redis;

/** The two lines of {@code INFO} this service decides on. */
record RedisInfo(String runId, boolean evicting) {

    static RedisInfo of(String info) {
        String policy = line(info, "maxmemory_policy:");
        return new RedisInfo(line(info, "run_id:"), !policy.isEmpty() && !policy.equals("noeviction"));
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
