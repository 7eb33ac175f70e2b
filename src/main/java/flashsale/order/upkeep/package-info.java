/** What happens to orders by themselves: unpaid ones expire, and units that came back sell again. */
@NullMarked
package flashsale.order.upkeep;

import org.jspecify.annotations.NullMarked;
