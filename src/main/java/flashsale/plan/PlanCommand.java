package flashsale.plan;

import java.io.PrintStream;

/**
 * {@code java -jar flash-sale.jar plan --visitors 1000000 --duration 60s}: prints how much that is and ends. Needs no store and
 * no setting; nothing is started.
 */
public final class PlanCommand {

    private PlanCommand() {}

    /** @return the exit code: 0, or 2 for a command line that cannot be answered, after a line that says why */
    public static int run(String[] arguments, PrintStream out, PrintStream err) {
        try {
            CommandLine typed = CommandLine.of(arguments);
            if (typed.help()) {
                out.print(Help.text());
                return 0;
            }
            Plan plan = Plan.of(typed.question(), typed.capacity());
            out.print(typed.json() ? PlanJson.of(plan, typed) : PlanTable.of(plan, typed));
            return 0;
        } catch (BadOption bad) {
            err.println("plan: " + bad.getMessage());
            err.println("plan: --help lists every option");
            return 2;
        }
    }
}
