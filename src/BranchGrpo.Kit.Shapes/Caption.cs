using System.Diagnostics.CodeAnalysis;

namespace BranchGrpo.Kit.Shapes;

/// <summary>One of the 240 captions of the embedded task, such as "large red circle top left".</summary>
/// <remarks>Its number is ((shape·6 + colour)·2 + size)·5 + position; as tokens the four words take the numbers 0 … 16.</remarks>
public sealed record Caption
{
    /// <summary>The four shapes.</summary>
    public static IReadOnlyList<string> Shapes { get; } = ["circle", "square", "triangle", "cross"];

    /// <summary>The six colours.</summary>
    public static IReadOnlyList<string> Colours { get; } = ["red", "green", "blue", "yellow", "magenta", "cyan"];

    /// <summary>The two sizes.</summary>
    public static IReadOnlyList<string> Sizes { get; } = ["small", "large"];

    /// <summary>The five positions.</summary>
    public static IReadOnlyList<string> Positions { get; } = ["top left", "top right", "bottom left", "bottom right", "center"];

    /// <summary>How many words there are for shape, colour, size and position, in this order.</summary>
    internal static readonly int[] Counts = [4, 6, 2, 5];

    /// <summary>Number of captions.</summary>
    public const int Total = 240;

    /// <summary>Number of distinct tokens.</summary>
    internal const int Vocabulary = 17;

    private Caption(int index) => Index = index;

    /// <summary>The caption's number, 0 … 239.</summary>
    public int Index { get; }

    /// <summary>Name of the shape.</summary>
    public string Shape => Shapes[Index / 60];

    /// <summary>Name of the colour.</summary>
    public string Colour => Colours[Index / 10 % 6];

    /// <summary>Name of the size.</summary>
    public string Size => Sizes[Index / 5 % 2];

    /// <summary>Name of the position.</summary>
    public string Position => Positions[Index % 5];

    /// <summary>Numbers of shape, colour, size and position within their lists.</summary>
    internal int[] Attributes => [Index / 60, Index / 10 % 6, Index / 5 % 2, Index % 5];

    /// <summary>All captions in the order of their numbers.</summary>
    public static IReadOnlyList<Caption> All { get; } = [.. Enumerable.Range(0, Total).Select(i => new Caption(i))];

    /// <summary>The caption of a number.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside 0 … 239.</exception>
    public static Caption FromIndex(int index) =>
        index is >= 0 and < Total ? All[index] : throw new ArgumentOutOfRangeException(nameof(index), index, "must be in 0 … 239");

    /// <summary>Reads "size colour shape position", for example "small cyan cross bottom right"; spaces and case do not matter.</summary>
    /// <exception cref="FormatException">Not one of the 240; the message names the word that was not understood.</exception>
    public static Caption Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out var caption, out var problem)
            ? caption
            : throw new FormatException($"\"{text}\" is not a caption of the Shapes task: {problem}. Example: \"large red circle top left\".");
    }

    private static bool TryParse(string text, [NotNullWhen(true)] out Caption? caption, [NotNullWhen(false)] out string? problem)
    {
        caption = null;
        var words = text.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length is < 4 or > 5) return Fail($"expected size, colour, shape and position, found {words.Length} words", out problem);
        int size = Find(Sizes, words[0]), colour = Find(Colours, words[1]), shape = Find(Shapes, words[2]);
        int position = Find(Positions, string.Join(' ', words[3..]));
        if (size < 0) return Fail(Choices("size", words[0], Sizes), out problem);
        if (colour < 0) return Fail(Choices("colour", words[1], Colours), out problem);
        if (shape < 0) return Fail(Choices("shape", words[2], Shapes), out problem);
        if (position < 0) return Fail(Choices("position", string.Join(' ', words[3..]), Positions), out problem);
        problem = null;
        caption = All[((shape * 6 + colour) * 2 + size) * 5 + position];
        return true;
    }

    private static bool Fail(string reason, out string problem) { problem = reason; return false; }

    private static string Choices(string what, string word, IReadOnlyList<string> all) =>
        $"no {what} \"{word}\" (there are {string.Join(", ", all)})";

    private static int Find(IReadOnlyList<string> all, string word)
    {
        for (var i = 0; i < all.Count; i++)
            if (all[i] == word) return i;
        return -1;
    }

    /// <summary>The caption as text, as <see cref="Parse"/> reads it.</summary>
    public override string ToString() => $"{Size} {Colour} {Shape} {Position}";
}
