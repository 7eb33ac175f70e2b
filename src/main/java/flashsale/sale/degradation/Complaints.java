package flashsale.sale.degradation;

import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a node's log says of its checks: that something began or ended, and not every few seconds that it goes on. */
final class Complaints {

    private static final Logger log = LoggerFactory.getLogger(Complaints.class);

    /** Whether the last check found nothing to complain of. */
    private volatile boolean consistent = true;

    void behind(long versions) {
        once("This node shows a sale that is {} versions behind; it reads all sales anew", versions);
    }

    void notRead(Throwable fault) {
        once("This node could not read all sales anew: {}", fault.toString());
    }

    void checked(NodeCheck check, Condition before, Condition after) {
        if (!check.consistent()) {
            once("This node fails its check: {}", check.complaint());
        }
        consistent = check.consistent();
        if (after.sick() && !before.sick()) {
            log.error("This node is sick and leaves service while others are well: {}", check.complaint());
        } else if (before.sick() && !after.sick()) {
            log.info("This node is well again");
        }
    }

    void rules(Set<Rule> before, Set<Rule> now, Figures figures) {
        if (!now.equals(before)) {
            log.warn("Rules in force on this node: {}, by {}", now.isEmpty() ? "none" : now, figures);
        }
    }

    private void once(String line, Object about) {
        if (consistent) {
            log.warn(line, about);
        } else {
            log.debug(line, about);
        }
    }
}
