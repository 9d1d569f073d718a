// says: does not compile
template <int n>
struct Tower {
  static constexpr int value = Tower<n + 1>::value + Tower<n + 2>::value;
};
void weight_gradient(float*, const float*, const float*, int, int, int) { (void)Tower<0>::value; }
