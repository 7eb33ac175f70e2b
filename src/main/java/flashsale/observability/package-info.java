/** The list of meters, traces, and what all rooms are watched by. */
@NullMarked
package flashsale.observability;

import org.jspecify.annotations.NullMarked;
