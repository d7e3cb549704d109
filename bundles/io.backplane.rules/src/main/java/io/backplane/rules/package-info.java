/** Which rule a test proves. */
@Export
@Version("1.0.0")
package io.backplane.rules;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
