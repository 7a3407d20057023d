using System.Collections.Immutable;

namespace BranchGrpo.Kit.Models.Library.Tiny;

/// <summary>The words that tiny vocabularies know whole, and prompts made of them.</summary>
internal static class TinyWords
{
    private static readonly string[] Things = ["cat", "dog", "house", "tree", "boat", "mountain", "robot", "flower"];
    private static readonly string[] Looks = ["red", "small", "old", "bright", "quiet", "golden"];
    private static readonly string[] Places = ["at night", "in the rain", "by the sea", "under a blue sky"];

    /// <summary>Every word once.</summary>
    public static ImmutableArray<string> All { get; } =
        [.. Things.Concat(Looks).Concat(Places.SelectMany(p => p.Split(' '))).Concat(["photo", "of", "painting"]).Distinct()];

    /// <summary>Prompts, each different: <paramref name="count"/> of 192.</summary>
    public static IEnumerable<string> Prompts(int count)
    {
        for (var i = 0; i < count; i++)
        {
            var (thing, look, place) = (Things[i % 8], Looks[i / 8 % 6], Places[(i + i / 8 + i / 48) % 4]);
            yield return $"a {look} {thing} {place}";
        }
    }
}
