namespace BranchGrpo.Kit.Models.Files.Torch;

/// <summary>A dictionary with its keys in order. Keys are flat, because hashing and comparing nested ones can take for ever.</summary>
/// <param name="ordered">Whether it was an OrderedDict.</param>
internal sealed class PickleDictionary(bool ordered)
{
    private const int LongestTuple = 16, LongestText = 4096;
    private static readonly object None = new();
    private readonly Dictionary<object, int> index = new(new Seeded());
    private readonly List<KeyValuePair<object?, object?>> items = [];

    public bool Ordered => ordered;

    public IReadOnlyList<KeyValuePair<object?, object?>> Items => items;

    public object? this[string key] => index.TryGetValue(key, out var at) ? items[at].Value : null;

    /// <summary>Adds an item or changes the one of an equal key, which keeps its place, as in Python.</summary>
    public void Set(object? key, object? value)
    {
        var flat = Flat(key);
        if (index.TryGetValue(flat, out var at)) items[at] = new(items[at].Key, value);
        else
        {
            index.Add(flat, items.Count);
            items.Add(new(key, value));
        }
    }

    private static object Flat(object? key) =>
        key is PickleTuple { Items.Length: <= LongestTuple } tuple ? new TupleKey([.. tuple.Items.Select(Scalar)]) : Scalar(key);

    // True, 1 and 1.0 are one key.
    private static object Scalar(object? key) => key switch
    {
        null => None,
        bool flag => flag ? 1L : 0L,
        double number when number == Math.Floor(number) && Math.Abs(number) < 1L << 62 => (long)number,
        string { Length: <= LongestText } or long or double => key,
        _ => throw new FormatException($"a dictionary key is a {Unpickler.Kind(key)}; keys are short texts, numbers, None, or short tuples of these"),
    };

    // Numbers hash by their value in .NET, so that a file could make them all alike.
    private sealed class Seeded : IEqualityComparer<object>
    {
        bool IEqualityComparer<object>.Equals(object? x, object? y) => object.Equals(x, y);

        int IEqualityComparer<object>.GetHashCode(object key) => HashCode.Combine(key);
    }

    private sealed class TupleKey(object[] items) : IEquatable<TupleKey>
    {
        private readonly object[] items = items;

        public bool Equals(TupleKey? other) => other is not null && items.SequenceEqual(other.items);

        public override bool Equals(object? other) => Equals(other as TupleKey);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            foreach (var item in items) hash.Add(item);
            return hash.ToHashCode();
        }
    }
}
