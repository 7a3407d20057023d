namespace BranchGrpo.Kit.Models.Tasks;

/// <summary>A graphics card as predictions see it.</summary>
/// <param name="Name">For messages.</param>
/// <param name="Bytes">Of memory.</param>
/// <param name="Peak">Published dense bfloat16 operations per second with float32 sums.</param>
public sealed record Card(string Name, double Bytes, double Peak)
{
    /// <summary>No card in particular: nothing is predicted for it.</summary>
    public static Card None { get; } = new("none", 0, 0);

    /// <summary>24 GB.</summary>
    public static Card Rtx4090 { get; } = new("RTX 4090", 24e9, 165e12);

    /// <summary>80 GB.</summary>
    public static Card H100 { get; } = new("H100", 80e9, 989e12);

    /// <summary>141 GB; the paper's.</summary>
    public static Card H200 { get; } = new("H200", 141e9, 989e12);
}
