/** What a node does once before it says that it is ready: its own hot paths, so that the first buyers find them warm. */
@NullMarked
package flashsale.rehearsal;

import org.jspecify.annotations.NullMarked;
