package flashsale;

import flashsale.database.MigrateCommand;
import flashsale.loops.EventLoops;
import flashsale.plan.PlanCommand;
import java.util.Arrays;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

@SpringBootApplication
public class FlashSaleApplication {

    public static void main(String[] arguments) {
        if (arguments.length > 0 && arguments[0].equals("migrate")) {
            System.exit(MigrateCommand.run(Arrays.copyOfRange(arguments, 1, arguments.length), System.out));
        }
        if (arguments.length > 0 && arguments[0].equals("plan")) {
            System.exit(PlanCommand.run(Arrays.copyOfRange(arguments, 1, arguments.length), System.out, System.err));
        }
        if (arguments.length > 0 && !arguments[0].startsWith("-")) {
            System.err.println("There is no command \"" + arguments[0]
                    + "\": migrate, plan, or none to serve; properties begin with --");
            System.exit(2);
        }
        DroppedErrors.inOneLine();
        EventLoops.share();
        SpringApplication.run(FlashSaleApplication.class, arguments);
    }
}
