using System.Numerics;
using System.Runtime.InteropServices;

namespace BranchGrpo.Kit.Models.Files.Torch;

/// <summary>Reads a pickle as data. Of Python's instructions only those that writers of checkpoints use are known, and of its names only an allow-list
/// (<see cref="TorchGlobals"/>): no code is run, whatever the file says, and time and memory are in proportion to its length.</summary>
/// <param name="bytes">Where to read; afterwards it stands behind the pickle.</param>
/// <param name="storage">Finds the storage that a persistent id names; null where none may occur.</param>
/// <remarks>Instructions of pickle protocols 2 to 5: Python's pickletools.</remarks>
internal sealed class Unpickler(PickleBytes bytes, Func<object?[], TorchStorage>? storage = null)
{
    private const int LongestInteger = 255;
    private static readonly object True = true, False = false;
    private static readonly object[] Small = [.. Enumerable.Range(0, 256).Select(i => (object)(long)i)];
    private readonly List<object?> stack = [];
    private readonly Stack<int> marks = new();
    private readonly Dictionary<uint, object?> memo = [];

    /// <summary>The value that the pickle describes: null, bool, long, BigInteger, double, string, byte[], List, or one of the types beside this.</summary>
    /// <exception cref="FormatException">It is damaged, or asks for something that is not data.</exception>
    public object? Read()
    {
        while (true)
        {
            var at = bytes.Position;
            var code = bytes.Byte();
            if (code == '.')
                return stack.Count == 1 && marks.Count == 0 ? stack[0] : throw new FormatException($"{stack.Count} values are left at its end, expected 1");
            if (!(Constant(code) || Container(code) || Memory(code) || Call(code)))
                throw new FormatException($"instruction 0x{code:x2} at byte {at} is not one that checkpoints of weights need");
        }
    }

    public static string Kind(object? value) => value switch
    {
        null => "None",
        bool => "bool",
        long or BigInteger => "whole number",
        double => "number",
        string => "text",
        byte[] => "byte string",
        List<object?> => "list",
        PickleTuple => "tuple",
        PickleDictionary => "dictionary",
        PickleGlobal name => $"{name.Module}.{name.Name}",
        TorchTensor => "tensor",
        TorchStorage => "storage",
        TorchSize => "shape",
        _ => "device",
    };

    private bool Constant(byte code)
    {
        switch (code)
        {
            case 0x80:
                if (bytes.Byte() is var protocol and > 5) throw new FormatException($"protocol {protocol} is not known");
                return true;
            case 0x95:
                return bytes.UInt64() is var frame && frame <= (ulong)bytes.Left ? true
                    : throw new FormatException($"a frame of {frame} bytes is announced where {bytes.Left} are left");
            case (byte)'N': return Push(null);
            case 0x88: return Push(True);
            case 0x89: return Push(False);
            case (byte)'K': return Push(Small[bytes.Byte()]);
            case (byte)'M': return Push((long)bytes.UInt16());
            case (byte)'J': return Push((long)bytes.Int32());
            case 0x8a: return Push(Integer(bytes.Byte()));
            case 0x8b: return Push(Integer(bytes.UInt32()));
            case (byte)'G': return Push(bytes.Double());
            case 0x8c or (byte)'U': return Push(bytes.Text(bytes.Byte()));
            case (byte)'X' or (byte)'T': return Push(bytes.Text(bytes.UInt32()));
            case 0x8d: return Push(bytes.Text(bytes.UInt64()));
            case (byte)'C': return Push(bytes.Bytes(bytes.Byte()));
            case (byte)'B': return Push(bytes.Bytes(bytes.UInt32()));
            case 0x8e: return Push(bytes.Bytes(bytes.UInt64()));
            default: return false;
        }
    }

    private bool Container(byte code)
    {
        switch (code)
        {
            case (byte)'(':
                marks.Push(stack.Count);
                return true;
            case (byte)')': return Push(new PickleTuple([]));
            case (byte)']': return Push(new List<object?>());
            case (byte)'}': return Push(new PickleDictionary(ordered: false));
            case (byte)'t': return Push(new PickleTuple(PopToMark()));
            case 0x85: return Push(new PickleTuple([Pop()]));
            case 0x86 or 0x87: return Push(new PickleTuple(Last(code - 0x84)));
            case (byte)'a': return Append([Pop()]);
            case (byte)'e': return Append(PopToMark());
            case (byte)'s': return SetItems(Last(2));
            case (byte)'u': return SetItems(PopToMark());
            default: return false;
        }
    }

    private bool Memory(byte code)
    {
        switch (code)
        {
            case (byte)'q': return Keep(bytes.Byte());
            case (byte)'r': return Keep(bytes.UInt32());
            case 0x94: return Keep((uint)memo.Count);
            case (byte)'h': return Recall(bytes.Byte());
            case (byte)'j': return Recall(bytes.UInt32());
            default: return false;
        }
    }

    private bool Call(byte code)
    {
        switch (code)
        {
            case (byte)'c': return Push(TorchGlobals.Find(bytes.Line(), bytes.Line()));
            case 0x93:
                return Last(2) is [string module, string name] ? Push(TorchGlobals.Find(module, name))
                    : throw new FormatException("the name of a class is not a text");
            case (byte)'R':
                return Last(2) is [PickleGlobal function, PickleTuple { Items: var arguments }] ? Push(TorchGlobals.Call(function, arguments))
                    : throw new FormatException("something is called that is no function of the allow-list");
            case (byte)'b':
                // Modules leave their versions on the dictionary of their weights; everything else that sets attributes is refused.
                return Pop() is PickleDictionary { Items: [{ Key: "_metadata" }] } && Peek() is PickleDictionary { Ordered: true } ? true
                    : throw new FormatException("attributes are set on something other than a dictionary of weights");
            case (byte)'Q':
                return storage is not null && Pop() is PickleTuple id ? Push(storage(id.Items))
                    : throw new FormatException("a persistent id is not that of a storage");
            default: return false;
        }
    }

    private object Integer(uint length)
    {
        if (length > LongestInteger) throw new FormatException($"a whole number of {length} bytes is too long");
        var value = new BigInteger(bytes.Bytes(length));
        return value >= long.MinValue && value <= long.MaxValue ? (long)value : value;
    }

    private bool Push(object? value)
    {
        stack.Add(value);
        return true;
    }

    private object? Pop()
    {
        var value = Peek();
        stack.RemoveAt(stack.Count - 1);
        return value;
    }

    // What stands below a mark is out of reach until the mark is taken away.
    private object? Peek() => stack.Count > (marks.TryPeek(out var floor) ? floor : 0) ? stack[^1]
        : throw new FormatException("an instruction lacks the values that it works on");

    private object?[] Last(int count)
    {
        var values = new object?[count];
        for (var i = count - 1; i >= 0; i--) values[i] = Pop();
        return values;
    }

    private object?[] PopToMark()
    {
        if (!marks.TryPop(out var mark)) throw new FormatException("an instruction lacks its mark");
        var values = CollectionsMarshal.AsSpan(stack)[mark..].ToArray();
        stack.RemoveRange(mark, values.Length);
        return values;
    }

    private bool Append(object?[] values)
    {
        if (Peek() is not List<object?> list) throw new FormatException($"values are appended to a {Kind(Peek())}");
        list.AddRange(values);
        return true;
    }

    private bool SetItems(object?[] values)
    {
        if (Peek() is not PickleDictionary dictionary || values.Length % 2 != 0)
            throw new FormatException($"{values.Length} keys and values are put into a {Kind(Peek())}");
        for (var i = 0; i < values.Length; i += 2) dictionary.Set(values[i], values[i + 1]);
        return true;
    }

    private bool Keep(uint index)
    {
        memo[index] = Peek();
        return true;
    }

    private bool Recall(uint index) => memo.TryGetValue(index, out var value) ? Push(value)
        : throw new FormatException($"value {index} is recalled but was never kept");
}
