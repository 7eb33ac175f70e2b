package flashsale.bench;

/**
 * How long and how hard to measure; each is a system property of the same name.
 *
 * @param rounds quiet rounds wanted; all rows are measured once in each
 * @param repeats noisy rounds that are discarded and made again, at most
 * @param seconds of load a row and round
 * @param warmUp seconds of load over all rows before anything counts: the compiler needs some 100,000 purchases until
 *     it is done with them
 * @param connections that wrk keeps, each with one request under way
 * @param crowd the same for the rows that show what more connections change
 * @param buyers logged in beforehand; a row of purchases is made shorter where they would not last. Below the default
 *     of {@code verified-tokens}, as in a sale whose visitors have looked at it with their session before
 * @param noise percent of the machine's CPU time, stolen by its host or spent by processes that have no part in this,
 *     above which a round does not count
 * @param shed percent of answers that may be refusals for overload; they do not count as answers, but their cost does
 * @param publish whether the report goes into docs/performance.md as well, and its figures to the capacity planner
 */
public record Options(
        int rounds,
        int repeats,
        int seconds,
        int warmUp,
        int connections,
        int crowd,
        int buyers,
        double noise,
        double shed,
        boolean publish) {

    public static Options read() {
        return new Options(
                Integer.getInteger("rounds", 3),
                Integer.getInteger("repeats", 3),
                Integer.getInteger("seconds", 4),
                Integer.getInteger("warmUp", 120),
                Integer.getInteger("connections", 64),
                Integer.getInteger("crowd", 256),
                Integer.getInteger("buyers", 90_000),
                Double.parseDouble(System.getProperty("noise", "5")),
                Double.parseDouble(System.getProperty("shed", "1")),
                Boolean.getBoolean("publish"));
    }

    /** For what runs in this JVM and has little to compile. */
    public Options warmUpAtMost(int most) {
        return new Options(
                rounds, repeats, seconds, Math.min(warmUp, most), connections, crowd, buyers, noise, shed, publish);
    }
}
