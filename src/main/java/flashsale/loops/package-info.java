/** The threads that everything runs on, and the work that goes on there beside the requests. */
@NullMarked
package flashsale.loops;

import org.jspecify.annotations.NullMarked;
