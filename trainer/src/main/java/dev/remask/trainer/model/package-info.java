/**
 * The RoBERTa model and its optimizer: ND4J holds the memory, BLAS multiplies, the rest is here.
 */
@NullMarked
package dev.remask.trainer.model;

import org.jspecify.annotations.NullMarked;
