namespace BranchGrpo.Kit;

/// <summary>A reward, ratio, loss or gradient that is not finite. It is never skipped: a skipped edge hides a diverged run.</summary>
public sealed class NonFiniteException(string quantity, double value, string prompt, int edge)
    : ArithmeticException($"The {quantity} is {value} at prompt \"{prompt}\", edge into node {edge}. "
        + "Lower the learning rate or the noise level, or look at the reward model.")
{
    /// <summary>What was not finite.</summary>
    public string Quantity => quantity;

    /// <summary>Child node of the edge.</summary>
    public int Edge => edge;
}
