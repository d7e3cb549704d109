/** Filter driver that logs every write in dm-log-writes format. */
package io.backplane.driver.blklogwrites;
