using System.Text;
using BranchGrpo.Kit.Models.Files.Torch;

namespace BranchGrpo.Kit.Models.Tests;

public class UnpicklerTests
{
    [Theory]
    [InlineData("N(\u0085t.")]                                                  // a tuple of what stands below the mark
    [InlineData("](Na.")]                                                       // a mark is left
    [InlineData("](N(ete.")]                                                    // a list appended to below a mark
    [InlineData("N(b.")]
    [InlineData("}NN.")]                                                        // three values are left
    [InlineData("}(NNNu.")]                                                     // a key without value
    [InlineData("}]Ns.")]                                                       // a list as a key
    [InlineData("h\u0000.")]                                                    // never kept
    [InlineData("ccollections\nOrderedDict\n(tR}X\u0001\0\0\0aNsb.")]           // attributes other than the versions of modules
    [InlineData("ccollections\nOrderedDict\n](N\u0086ae\u0085R.")]              // made from a list, which memory could multiply
    [InlineData("ccollections\nOrderedDictX\n.")]
    [InlineData("ctorch\nfloat32\n)R.")]                                        // a type is no function
    public void What_checkpoints_never_write_is_refused(string pickle) => Assert.Throws<FormatException>(() => Read(pickle));

    [Fact]
    public void Keys_are_one_where_Python_has_them_as_one()
    {
        var dictionary = Assert.IsType<PickleDictionary>(Read("}(K\u0001N\u0088K\u0002G\u003f\u00f0\0\0\0\0\0\0K\u0003K\u0001N\u0086K\u0004\u0088N\u0086K\u0005u."));
        Assert.Equal(2, dictionary.Items.Count);
        Assert.Equal([3L, 5L], dictionary.Items.Select(i => i.Value));
        Assert.Equal(1L, dictionary.Items[0].Key);
    }

    [Fact]
    public void Versions_of_modules_may_hang_on_the_dictionary_of_weights() =>
        Assert.Empty(Assert.IsType<PickleDictionary>(Read("ccollections\nOrderedDict\n)R}X\u0009\0\0\0_metadataNsb.")).Items);

    private static object? Read(string pickle)
    {
        var bytes = Encoding.Latin1.GetBytes(pickle);
        return new Unpickler(new PickleBytes((from, into) => bytes.AsSpan((int)from, into.Length).CopyTo(into), 0, bytes.Length)).Read();
    }
}
