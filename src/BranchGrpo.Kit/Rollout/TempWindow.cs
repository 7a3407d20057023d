// Stand-in: delete this file as soon as the real type (same name) lands.
namespace BranchGrpo.Kit;
/// <summary>x</summary>
public abstract record WindowSchedule
{
    /// <summary>x</summary>
    public abstract (int Start, int Length) WindowAt(int iteration);
    /// <summary>x</summary>
    public static WindowSchedule Sliding(int length, int steps, int every) => new S(length, steps, every);
    private sealed record S(int L, int T, int E) : WindowSchedule { public override (int Start, int Length) WindowAt(int i) => ((i / E) % (T - L), L); }
}
