package flashsale.bench;

/**
 * One line of a table: something to be measured.
 *
 * @param name what is asked, as the table says it
 * @param processes who pays for it
 * @param prepare what has to be there first; not measured
 */
public record Row(String name, Processes processes, Runnable prepare, Load load) {

    public Row(String name, Processes processes, Load load) {
        this(name, processes, () -> {}, load);
    }

    /** Runs for that long, checks the answers, and returns how many there were. */
    public interface Load {
        Answers run(int seconds);
    }

    /** The load ended early, and its figures mean nothing: the round is made again. */
    static final class CutShort extends RuntimeException {
        private static final long serialVersionUID = 1;

        CutShort(String why) {
            super(why);
        }
    }

    Figures measure(int seconds) {
        prepare.run();
        Processes.Usage before = processes.usage();
        Cpu.Machine machineBefore = Cpu.machine();
        Answers answers = load.run(seconds);
        Cpu.Machine machine = Cpu.machine().since(machineBefore);
        Processes.Usage after = processes.usage();
        if (after.app() == before.app()) {
            throw new IllegalStateException(
                    "The application spent nothing on \"" + name + "\": is it another process?");
        }
        double each = Math.max(1, answers.count());
        return new Figures(
                answers.count() / answers.seconds(),
                answers.p50(),
                answers.p99(),
                answers.p999(),
                (after.app() - before.app()) / each,
                (after.redis() - before.redis()) / each,
                (after.postgres() - before.postgres()) / each,
                100.0 * machine.stolen() / machine.total(),
                100.0 * Math.max(0, machine.busy() - (after.known() - before.known())) / machine.total());
    }
}
